/** How reports call the classes of a task. */
import type { OpenedStudy } from "./open-study.ts";

/** A class as an attribute of images; nothing where there is one alone. */
export const classWords = ({ task, scene }: OpenedStudy, which: string): string[] =>
  scene.classes.length === 1 ? [] : [task.kind.classText?.(which) ?? which];
