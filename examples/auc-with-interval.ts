/** The area under the ROC curve of scores, with its interval. */
import { aucWithInterval } from "dprime";

const present = Float64Array.of(2.1, 1.7, 3.0, 0.9, 2.4, 1.1, 2.8, 1.9);
const absent = Float64Array.of(0.3, 1.2, -0.4, 0.8, 1.0, 0.1, 1.5, 0.6);
const { estimate, interval } = aucWithInterval({ present, absent });
console.log(
  `${estimate.toFixed(3)} (${interval.lower.toFixed(3)} to ${interval.upper.toFixed(3)})`,
);
