import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { parseVerifyLine, verifyCredentials } from '../../src/verify/system-check.js';

const line = (state: string, failed: string): string =>
  `VAPP1 {"t":"system","state":"${state}","failed":${failed}}\r`;

describe('parseVerifyLine', () => {
  it('reads a system without failed units', () => {
    expect(parseVerifyLine(line('running', '[]'))).toEqual({ state: 'running', failed: [] });
  });

  it('names failed units, as systemctl lists them', () => {
    const units = '[{"unit":"a.service","load":"loaded","active":"failed"},{"unit":"b.mount"}]';
    expect(parseVerifyLine(line('degraded', units))).toEqual({
      state: 'degraded',
      failed: ['a.service', 'b.mount'],
    });
  });

  it('finds the line behind a login prompt', () => {
    expect(parseVerifyLine(`web login: ${line('running', '[]')}`)).toEqual({ state: 'running', failed: [] });
  });

  it.each(['', 'web login: ', 'VAPP1 {"t":"end","status":0}', line('running', '['), line('running', '7')])(
    'takes %j for no report',
    (text) => {
      expect(parseVerifyLine(text)).toBeUndefined();
    },
  );
});

// What systemd makes of an ExecStart line: continuation lines, single quotes, C escapes, `$$` and `%%`; systemd.service(5).
const commandOf = (unit: string): string => {
  const [, quoted] = /^ExecStart=\/bin\/sh -c '([^']*)'$/ms.exec(unit) ?? [];
  return quoted!
    .replaceAll('\\\n', ' ')
    .replaceAll(/\\(.)/g, '$1')
    .replaceAll('$$', '$')
    .replaceAll('%%', '%');
};

const systemctl = `systemctl() {
  case $1 in
    is-system-running) echo degraded; return 1 ;;
    list-units) printf '%s' '[{"unit":"dev-disk-by\\\\x2duuid.swap","active":"failed"}]' ;;
  esac
}
sleep() { :; }
`;

describe('verifyCredentials', () => {
  it('lets the terminal show up as late as it will', () => {
    expect(verifyCredentials('/dev/hvc0')).toMatchObject({
      'systemd.unit-dropin.dev-hvc0.device': '[Unit]\nJobRunningTimeoutSec=infinity\n',
    });
  });

  it('has a command whose output is read back, whatever a unit is called', async () => {
    const unit = verifyCredentials('/dev/ttyS0')['systemd.extra-unit.vapp-verify.service']!;
    const command = commandOf(unit).replaceAll('>/dev/ttyS0', '');
    const { stdout } = await execa('sh', ['-c', systemctl + command]);
    const reports = stdout.split('\n').flatMap((text) => parseVerifyLine(text) ?? []);
    expect(reports).toHaveLength(3);
    expect(reports[0]).toEqual({ state: 'degraded', failed: ['dev-disk-by\\x2duuid.swap'] });
  });

  it('has names that any carrier of credentials takes', () => {
    for (const name of Object.keys(verifyCredentials('/dev/ttyS0')))
      expect(name).toMatch(/^[A-Za-z0-9._-]+$/);
  });
});
