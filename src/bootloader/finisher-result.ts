/** How a run of the finisher ended. */
export interface FinisherResult {
  /** 0: all done; 1: a step failed; 2: what was set up could not be undone. */
  status: number;
  /** What was still mapped or mounted at the end; empty when all is undone. */
  left: string;
  /** What the steps found out: `root`, `uuid`, `core_img`, `linux`, … */
  facts: Record<string, string | number>;
  /** The step that failed, and the end of its output. */
  failed?: { step: string; log: string };
}
