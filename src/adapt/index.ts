/**
 * Adaptation to one image and a task: objectives and their solvers.
 *
 * @module
 */
export { type AdamSolver, adamSolver, type AdamSolverOptions } from "./adam-solver.ts";
export {
  type GaussNewtonOptions,
  type GaussNewtonSolver,
  gaussNewtonSolver,
} from "./gauss-newton.ts";
export {
  type Adapted,
  type AdaptationGraph,
  adaptationGraph,
  type AdaptationSpec,
  type AdaptationWeights,
  type Objective,
  type Statistics,
} from "./problem.ts";
export {
  type PathOptions,
  type PathSolution,
  type PathSolver,
  pathSolver,
  type SolutionPath,
} from "./solution-path.ts";
