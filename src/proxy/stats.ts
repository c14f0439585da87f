/** Bytes are of bodies. */
export interface ProxyStats {
  requests: number;
  /** Answered without an upstream. */
  hits: number;
  misses: number;
  refused: number;
  failed: number;
  bytesOut: number;
  bytesIn: number;
}

export const noStats = (): ProxyStats => ({
  requests: 0,
  hits: 0,
  misses: 0,
  refused: 0,
  failed: 0,
  bytesOut: 0,
  bytesIn: 0,
});
