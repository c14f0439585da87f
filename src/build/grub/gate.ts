/** Between a guest that is ready to write to a disk, and the disk. */
export interface Gate {
  /** The guest is ready; `tell` sends it a line. */
  knock(tell: (line: 'go' | 'stop') => void): void;
  /** Resolves when nothing is being saved any more. */
  settled(): Promise<void>;
  /** The guest was told to write. */
  readonly writing: boolean;
  /** Why it was told not to. */
  readonly failure: unknown;
}

/** A guest that has gone by then is seen by whoever waits for its end. */
function tellQuietly(tell: (line: 'go' | 'stop') => void, line: 'go' | 'stop'): void {
  try {
    tell(line);
  } catch {
    // Nobody listens.
  }
}

/**
 * Lets a guest write once everything is saved.
 * @param onOpen is called just before; what it throws keeps the gate shut.
 */
export function openGate(save: () => Promise<void>, onOpen: () => void): Gate {
  let saving: Promise<void> | undefined;
  let writing = false;
  let failure: unknown;
  const answer = async (tell: (line: 'go' | 'stop') => void): Promise<void> => {
    try {
      await save();
      onOpen();
    } catch (error) {
      failure = error;
      tellQuietly(tell, 'stop');
      return;
    }
    writing = true;
    tellQuietly(tell, 'go');
  };
  return {
    knock: (tell) => {
      saving ??= answer(tell);
    },
    settled: async () => await saving,
    get writing() {
      return writing;
    },
    get failure() {
      return failure;
    },
  };
}
