import { describe, expect, test } from 'vitest';
import { endOf } from '../../src/installer/progress.js';
import { captured, reader } from './support-progress.js';

describe('a screen that waits for somebody', () => {
  const stopAt = (name: string, seconds = 8) => {
    const { progress, stops, wait } = reader();
    progress.console(captured(name));
    wait(seconds);
    return stops[0];
  };

  test('a string is a question', () => {
    expect(stopAt('string.txt')).toMatchObject({
      kind: 'question',
      heading: 'Download debconf preconfiguration file',
      text: 'Location of initial preconfiguration file:',
      choices: [],
      question: 'preseed/url',
      questionType: 'string',
    });
  });

  test('a select lists its choices and its default', () => {
    expect(stopAt('select.txt')).toMatchObject({
      kind: 'question',
      heading: 'Download installer components',
      text: 'Downloading a file failed:',
      choices: ['Retry', 'Change mirror', 'Cancel'],
      default: '1',
      question: 'retriever/net/error',
    });
  });

  test('choices in columns come in the order of their numbers', () => {
    const stop = stopAt('columns.txt');
    expect(stop).toMatchObject({
      text: 'Country, territory or area:',
      default: '16',
    });
    expect(stop?.choices).toHaveLength(19);
    expect(stop?.choices.slice(6, 9)).toEqual(['Ireland', 'Israel', 'New Zealand']);
    expect(stop?.choices[15]).toBe('United States');
  });

  test('a yes or no is a select of two', () => {
    expect(stopAt('boolean.txt')).toMatchObject({
      kind: 'question',
      heading: 'Partition disks',
      text: 'Write the changes to disks?',
      choices: ['Yes', 'No'],
      default: '2',
      question: 'partman/confirm',
      questionType: 'boolean',
    });
  });

  test('a second question under the same heading begins after the first one’s prompt', () => {
    const stop = stopAt('no-heading.txt');
    expect(stop).toMatchObject({ heading: undefined, text: 'Additional locales:', default: '' });
    expect(stop?.question).toBe('localechooser/supported-locales');
  });

  test('a password has no prompt: its text and a longer silence tell', () => {
    const { progress, stops, wait } = reader();
    progress.console(captured('password.txt'));
    wait(3);
    expect(stops).toEqual([]);
    wait(4);
    expect(stops[0]).toMatchObject({
      kind: 'question',
      heading: 'Set up users and passwords',
      text: 'Root password:',
      question: 'passwd/root-password',
      questionType: 'password',
    });
  });

  test('an error is one, and names its template', () => {
    expect(stopAt('error.txt')).toMatchObject({
      kind: 'error',
      heading: 'Choose a mirror of the Debian archive',
      text: 'Bad archive mirror',
      question: 'mirror/bad',
    });
  });

  test('a failed step is an error', () => {
    expect(stopAt('step-failed.txt')).toMatchObject({ kind: 'error', text: 'Installation step failed' });
  });

  test('the main menu is an error: the step before has failed', () => {
    expect(stopAt('menu.txt')).toMatchObject({ kind: 'error', question: 'debian-installer/main-menu' });
  });

  test('a kernel panic needs no silence', () => {
    expect(stopAt('panic.txt', 0)).toMatchObject({
      kind: 'panic',
      text: 'Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000200',
    });
  });

  test('is reported once, within four seconds', () => {
    const { progress, stops, wait } = reader();
    progress.console(captured('select.txt'));
    wait(4);
    expect(stops).toHaveLength(1);
    wait(60);
    expect(stops).toHaveLength(1);
  });

  test('a kernel message below the prompt hides nothing', () => {
    for (const name of ['select.txt', 'password.txt']) {
      const { progress, stops, wait } = reader();
      progress.console(captured(name));
      progress.console('[   30.512000] random: crng init done\r\n');
      wait(8);
      expect(stops[0]?.kind).toBe('question');
    }
  });

  test('without templates the step of the menu is the name', () => {
    const { progress, stops, wait } = reader({ templates: [] });
    progress.syslog("Nov 24 20:32:37 main-menu[828]: INFO: Menu item 'choose-mirror' selected\n");
    progress.console(captured('error.txt'));
    wait(5);
    expect(stops[0]).toMatchObject({ question: undefined, menuItem: 'choose-mirror' });
  });

  test('arrives in chunks of any size with escapes, backspaces and carriage returns between', () => {
    const noisy = captured('select.txt')
      .toString()
      .replaceAll('Prompt', '\x1b[2K\x1b[1mPrx\bompt\x1b[0m')
      .replaceAll('  1: Retry', '\x1b]0;title\x07  1: Retry');
    for (const size of [1, 2, 3, 7, 64]) {
      const { progress, stops, wait } = reader();
      for (let at = 0; at < noisy.length; at += size) progress.console(noisy.slice(at, at + size));
      wait(4);
      expect(stops[0]).toMatchObject({
        question: 'retriever/net/error',
        choices: ['Retry', 'Change mirror', 'Cancel'],
      });
    }
  });
});

describe('a console at work', () => {
  const work = captured('work.txt').toString();

  test('is never taken for a question, wherever it pauses', () => {
    for (let end = 1; end <= work.length; end += 3) {
      const { progress, stops, wait } = reader();
      progress.console(work.slice(0, end));
      wait(30);
      expect(stops, JSON.stringify(work.slice(Math.max(0, end - 60), end))).toEqual([]);
    }
  });
});

describe('the syslog of a whole installation', () => {
  const log = captured('syslog.txt').toString();
  const played = () => {
    const all = reader();
    for (let at = 0; at < log.length; at += 997) all.progress.syslog(log.slice(at, at + 997));
    return all;
  };

  test('passes through the phases in order', () => {
    const names = played().events.flatMap((event) => (event.type === 'phase' ? [event.phase] : []));
    expect([...new Set(names)]).toEqual([
      'starting the installer kernel',
      'starting the installer',
      'detecting hardware',
      'configuring the network',
      'checking the mirror',
      'loading installer components',
      'setting up users and clock',
      'detecting disks',
      'partitioning',
      'fetching the base system',
      'installing the base system',
      'installing the kernel',
      'configuring apt',
      'installing packages',
      'finishing the installation',
    ]);
    expect(names.filter((name, index) => name !== names[index - 1])).toHaveLength(15);
  });

  test('gives a percent that never falls and ends below 100 without the end mark', () => {
    const percents = played().events.flatMap((event) =>
      event.type === 'phase' ? [event.percent ?? -1] : [],
    );
    expect(percents).toEqual([...percents].sort((a, b) => a - b));
    expect(percents[0]).toBe(0);
    expect(percents.at(-1)).toBeGreaterThan(90);
    expect(percents.at(-1)).toBeLessThan(100);
  });

  test('names the package that is unpacked or configured', () => {
    const details = played().events.flatMap((event) => (event.type === 'phase' ? [event.detail] : []));
    expect(details).toContain('unpacking libc6');
    expect(details).toContain('configuring base-files');
    expect(details).toContain('configuring openssh-server');
  });

  test('the end mark makes it 100 and the end of the guest good', () => {
    const { progress, events } = played();
    expect(endOf(progress)?.code).toBe('VAPP_INSTALLER_VANISHED');
    progress.syslog('Nov 24 20:50:00 vapp: VAPP end ok\n');
    expect(events.at(-1)).toMatchObject({ type: 'phase', percent: 100 });
    expect(endOf(progress)).toBeUndefined();
  });

  test('only the tag of vapp’s hooks makes a mark', () => {
    const { progress, stops } = played();
    progress.syslog('Nov 24 20:50:00 in-target: VAPP end ok\nNov 24 20:50:00 in-target: vapp: VAPP end ok\n');
    progress.syslog('Nov 24 20:50:00 in-target: VAPP failed run 1 1\n');
    expect(progress.ended).toBe(false);
    expect(stops).toEqual([]);
  });

  test('a failed mark stops with its text', () => {
    const { progress, stops } = played();
    progress.syslog('Nov 24 20:50:00 vapp: VAPP run 2\nNov 24 20:50:01 vapp: VAPP failed run 2 100\n');
    expect(progress.doing).toBe('finishing the installation (command 2 of the spec)');
    expect(stops[0]).toMatchObject({ kind: 'failed', text: 'run 2 100' });
  });

  test('every line becomes an event, every byte is counted', () => {
    const { progress, events } = played();
    const lines = events.filter(({ type }) => type === 'line');
    expect(lines).toHaveLength(log.split('\n').length - 1);
    expect(progress.counters).toEqual({ console: 0, syslog: log.length });
  });
});
