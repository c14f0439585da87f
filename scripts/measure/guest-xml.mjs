import { element } from '../../dist/domain/tree.js';
import { serializeXml } from '../../dist/domain/xml.js';

const text = (name, value, attributes = {}) => element(name, attributes, String(value));

const diskOf = ({ path, serial, readOnly, format = 'qcow2' }) =>
  element(
    'disk',
    { type: 'file', device: 'disk' },
    element('driver', { name: 'qemu', type: format, cache: 'unsafe', discard: 'unmap' }),
    element('source', { file: path }),
    element('target', { dev: 'vda', bus: 'virtio' }),
    ...(readOnly ? [element('readonly')] : []),
    text('serial', serial),
  );

const network = element('interface', { type: 'user' }, element('model', { type: 'virtio' }));

const random = element('rng', { model: 'virtio' }, text('backend', '/dev/urandom', { model: 'random' }));

const port = (number) => element('serial', { type: 'pty' }, element('target', { port: String(number) }));

/**
 * A machine for one run: a kernel of ours, one virtio disk, two serial ports, gone when it powers off. Written here and
 * not by vapp's own templates, but the same machine, so that a comparison with a build shows what runs inside.
 * `o`: name, engine (`kvm` or `qemu`), emulator?, machine, memory (bytes), vcpus, kernel, initrd, cmdline,
 * disk: { path, serial, format?, readOnly? }, online?.
 */
export const guestXml = (o) =>
  serializeXml(
    element(
      'domain',
      { type: o.engine },
      text('name', o.name),
      text('memory', Math.round(o.memory / 2 ** 20), { unit: 'MiB' }),
      text('vcpu', o.vcpus),
      element(
        'os',
        {},
        text('type', 'hvm', { arch: 'x86_64', machine: o.machine }),
        text('kernel', o.kernel),
        text('initrd', o.initrd),
        text('cmdline', o.cmdline),
      ),
      element('features', {}, element('acpi'), element('apic')),
      element('cpu', { mode: o.engine === 'kvm' ? 'host-passthrough' : 'maximum', check: 'none' }),
      element('clock', { offset: 'utc' }),
      text('on_poweroff', 'destroy'),
      text('on_reboot', 'destroy'),
      text('on_crash', 'destroy'),
      element(
        'devices',
        {},
        ...(o.emulator ? [text('emulator', o.emulator)] : []),
        diskOf(o.disk),
        element('controller', { type: 'usb', index: '0', model: 'none' }),
        ...(o.online ? [network] : []),
        port(0),
        port(1),
        ...(o.online ? [element('video', {}, element('model', { type: 'vga' }))] : []),
        element('memballoon', { model: 'virtio' }),
        random,
      ),
    ),
  );
