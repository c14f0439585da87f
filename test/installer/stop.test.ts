import { describe, expect, test } from 'vitest';
import { type Stop, stopError } from '../../src/installer/stop.js';
import { captured, reader } from './support-progress.js';

const stopAt = (name: string, syslog = ''): Stop => {
  const { progress, stops, wait } = reader();
  progress.syslog(syslog);
  progress.console(captured(name));
  wait(8);
  return stops[0]!;
};

describe('the error of a stop', () => {
  test('names the question, shows the screen, says the line that answers', () => {
    const error = stopError(stopAt('boolean.txt'));
    expect(error).toMatchObject({
      code: 'VAPP_INSTALLER_QUESTION',
      message: 'the installer asks: Write the changes to disks?',
      why: 'nothing answers the question partman/confirm',
      hint: "add to the spec:  preseed: ['d-i partman/confirm boolean true']",
    });
    expect(error.excerpt?.split('\n')[0]).toBe('Partition disks');
    expect(error.excerpt).toContain('1: Yes');
  });

  test('proposes a select’s default choice, and leaves a string to the user', () => {
    expect(stopError(stopAt('select.txt')).hint).toBe(
      "add to the spec:  preseed: ['d-i retriever/net/error select Retry']",
    );
    expect(stopError(stopAt('string.txt')).hint).toBe(
      "add to the spec:  preseed: ['d-i preseed/url string VALUE']",
    );
  });

  test('sends a password to the key of the spec', () => {
    expect(stopError(stopAt('password.txt')).hint).toBe(
      'give root a password or a key in the spec: `root: { password: … }`',
    );
  });

  test('of an error message comes with the syslog’s complaint', () => {
    const log =
      'Nov 24 20:32:37 choose-mirror[1]: DEBUG: command: wget\nNov 24 20:32:38 choose-mirror[1]: WARNING **: mirror does not exist: bad address, download failed\n';
    expect(stopError(stopAt('error.txt', log))).toMatchObject({
      code: 'VAPP_INSTALLER_ERROR',
      message: 'the installer stopped with an error: Bad archive mirror',
      why: 'choose-mirror[1]: WARNING **: mirror does not exist: bad address, download failed',
    });
  });

  test('of the main menu names the step before it', () => {
    const log = "Nov 24 20:32:37 main-menu[828]: INFO: Menu item 'choose-mirror' selected\n";
    expect(stopError(stopAt('menu.txt', log))).toMatchObject({
      code: 'VAPP_INSTALLER_ERROR',
      message: 'the installer stopped with an error: the step choose-mirror failed',
    });
  });

  test('of a panic is the kernel’s own line', () => {
    expect(stopError(stopAt('panic.txt'))).toMatchObject({
      code: 'VAPP_INSTALLER_PANIC',
      why: 'Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000200',
    });
  });

  test('of a failed run line counts as the spec does and shows what the command printed', () => {
    const { progress, stops } = reader();
    progress.syslog(
      'Nov 24 20:50:00 vapp: VAPP run 2\nNov 24 20:50:00 in-target: a2enmod: not found\nNov 24 20:50:01 vapp: VAPP failed run 2 127\n',
    );
    expect(stopError(stops[0]!)).toMatchObject({
      code: 'VAPP_INSTALLER_FAILED',
      message: 'command 2 under `run` of the spec failed with status 127',
      why: 'in-target: a2enmod: not found',
    });
  });

  test('of a file that cannot be written counts as the spec does', () => {
    const { progress, stops } = reader();
    progress.syslog('Nov 24 20:50:01 vapp: VAPP failed file 3 1\n');
    expect(stopError(stops[0]!).message).toBe('file 3 under `files` of the spec could not be written');
  });
});
