import type { Reporter, TestModule } from 'vitest/node';

/** One line at the end, for people and scripts: `N passed, N failed`. */
export default class Tally implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const states = modules.flatMap((module) =>
      [...module.children.allTests()].map((test) => test.result().state),
    );
    const broken = modules.filter((module) => module.errors().length > 0).length;
    const count = (wanted: string) => states.filter((state) => state === wanted).length;
    console.log(
      `${count('passed')} passed, ${states.length - count('passed') + broken + unhandled.length} failed`,
    );
  }
}
