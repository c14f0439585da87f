/** What stops the lab's script: what happened, and what to type. */
export class Problem extends Error {
  name = 'Problem';

  constructor(message, hint = []) {
    super(message);
    this.hint = [hint].flat();
  }
}

/** The command line is wrong. */
export class WrongUsage extends Problem {
  name = 'WrongUsage';
}
