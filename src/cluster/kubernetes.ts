/**
 * Kubernetes: an Indexed Job. Its manifest is shown, or handed to `kubectl` when that is asked for. The
 * container runs as nobody in particular on a read-only root, with a folder in memory for what is passing.
 */
import { stringify } from "yaml";
import { InputError } from "../core/errors.ts";
import {
  type Executor,
  type ExecutorTools,
  type IndexedTasks,
  secondsToSave,
  type TaskHandle,
} from "./executor.ts";
import { saidBy } from "./run-program.ts";

/** User of the container image. */
const user = 10_001;

/** Retries of one task: pods end for many reasons that are not theirs. */
const retries = 6;

export const kubernetes: Executor = {
  name: "kubernetes",
  summary: "An Indexed Job of a Kubernetes cluster, shown or applied by kubectl.",
  shows: true,
  describe: (tasks) => stringify(manifestOf(tasks), { lineWidth: 0 }),
  // Pods run somewhere else, wherever that is.
  otherMachines: async () => undefined,

  async submit(tasks, tools) {
    const end = await tools.run(["kubectl", "apply", "--filename=-"], {
      input: JSON.stringify(manifestOf(tasks)),
    });
    if (end.code !== 0) throw noKubernetes(end.code, saidBy(end));
    return { job: tasks.name };
  },

  async states(handle, tools) {
    const job = await ask(["get", "job", jobOf(handle), "--output=json"], tools);
    const { spec, status = {} } = JSON.parse(job) as {
      spec: { completions: number };
      status?: { active?: number; ready?: number; succeeded?: number; failed?: number };
    };
    const { active = 0, ready = active, succeeded = 0, failed = 0 } = status;
    const waiting = Math.max(0, spec.completions - succeeded - ready);
    return {
      waiting: active === 0 && failed > retries * spec.completions ? 0 : waiting,
      running: ready,
      ended: succeeded,
      notes: failed === 0 ? [] : [`${failed} pods failed`],
    };
  },

  async cancel(handle, tools) {
    await ask(["delete", "job", jobOf(handle), "--ignore-not-found", "--wait=false"], tools);
  },

  // A pod that ends with work left is started again by its Job.
  again: async () => false,
};

function jobOf(handle: TaskHandle): string {
  if (typeof handle === "object" && handle !== null && "job" in handle) {
    if (typeof handle.job === "string") return handle.job;
  }
  throw new InputError(
    `Cannot ask Kubernetes: found a handle ${JSON.stringify(handle)}, wanted the name of a job`,
  );
}

function noKubernetes(code: number | undefined, found: string): InputError {
  return new InputError(
    code === undefined
      ? "Cannot use Kubernetes: found no kubectl on this machine, wanted it installed; without option apply the manifest is printed"
      : `Cannot use Kubernetes: found ${found} from kubectl, wanted a cluster that accepts the job`,
  );
}

async function ask(words: readonly string[], tools: ExecutorTools): Promise<string> {
  const end = await tools.run(["kubectl", ...words]);
  if (end.code !== 0) throw noKubernetes(end.code, saidBy(end));
  return end.out;
}

function manifestOf({ name, count, words, resources, image }: IndexedTasks): object {
  if (image === undefined) {
    throw new InputError(
      "Cannot describe a job for Kubernetes: found no option image, wanted the container image that the Containerfile builds",
    );
  }
  const { seconds, cpus, memory, gpus } = resources;
  const amounts = {
    cpu: String(cpus),
    ...(memory === undefined ? {} : { memory: `${Math.ceil(memory / 2 ** 20)}Mi` }),
    ...(gpus === 0 ? {} : { "nvidia.com/gpu": String(gpus) }),
  };
  const index = { fieldPath: "metadata.annotations['batch.kubernetes.io/job-completion-index']" };
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name, labels: { "app.kubernetes.io/name": "dprime" } },
    spec: {
      completionMode: "Indexed",
      completions: count,
      parallelism: count,
      backoffLimit: retries * count,
      template: {
        metadata: { labels: { "app.kubernetes.io/name": "dprime" } },
        spec: {
          restartPolicy: "Never",
          automountServiceAccountToken: false,
          ...(seconds === undefined ? {} : { activeDeadlineSeconds: Math.ceil(seconds) }),
          terminationGracePeriodSeconds: Math.ceil(secondsToSave(seconds ?? 1200)),
          securityContext: {
            runAsNonRoot: true,
            runAsUser: user,
            runAsGroup: user,
            fsGroup: user,
            seccompProfile: { type: "RuntimeDefault" },
          },
          containers: [
            {
              name: "dprime",
              image,
              args: [...words],
              env: [
                { name: "DPRIME_EXECUTOR", value: "kubernetes" },
                { name: "DPRIME_TASK", valueFrom: { fieldRef: index } },
                {
                  name: "PGPASSWORD",
                  valueFrom: {
                    secretKeyRef: { name: "dprime-store", key: "password", optional: true },
                  },
                },
              ],
              resources: { requests: amounts, limits: amounts },
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ["ALL"] },
              },
              volumeMounts: [{ name: "passing", mountPath: "/tmp" }],
            },
          ],
          volumes: [{ name: "passing", emptyDir: { sizeLimit: "2Gi" } }],
        },
      },
    },
  };
}
