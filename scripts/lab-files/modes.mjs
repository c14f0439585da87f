// The two ways to boot the lab's one disk, and QEMU's command line for them. Pure.

// TCG's SMAP kills dom0's kernel ("d0v0 Unhandled: vec 14, #PF"). TCG's SVM reports the intercept of RDTSCP as RDTSC's, and
// kernels of PVH guests stop at an XSAVE consistency check: without these, and what builds on XSAVE, PVH and HVM guests run.
const cpuForXen = 'max,-smap,-rdtscp,-xsave,-avx,-avx2,-f16c,-fma,-vaes,-la57,-pku,-pks,-mpx';

// With addresses at random TCG translates a program anew at each start of it (QEMU 7.2: processes start five times slower).
const kernelOptions = 'root=LABEL=vapp-lab rw quiet norandmaps mitigations=off';

const dom0 = 'dom0_mem=1536M,max:1536M dom0_max_vcpus=1-2 com1=115200,8n1 console=com1';

/**
 * Memory in MiB; `boot` gives QEMU's options, with names relative to the image's directory as QEMU splits multiboot modules
 * at blanks; `ready` is what must succeed in the lab; `last` is what the console says when it will never be.
 */
export const modes = {
  kvm: {
    title: 'Linux/KVM host',
    memory: 4096,
    least: 2048,
    uri: 'qemu:///system',
    cpu: 'max',
    boot: (extra) => [
      ['-kernel', 'vmlinuz'],
      ['-initrd', 'initrd.img'],
      ['-append', `console=ttyS0 ${kernelOptions} ${extra}`],
    ],
    ready: 'test -c /dev/kvm && virsh -c qemu:///system list',
    last: /Kernel panic - not syncing.*/,
  },
  xen: {
    title: 'Xen host',
    memory: 6144,
    least: 3072,
    uri: 'xen:///system',
    cpu: cpuForXen,
    boot: (extra) => [
      ['-kernel', 'xen'],
      ['-append', dom0],
      ['-initrd', `vmlinuz console=hvc0 ${kernelOptions} ${extra},initrd.img`],
    ],
    ready: 'test -d /proc/xen && virsh -c xen:///system list',
    last: /(?:Hardware Dom0|Domain 0) crashed.*|Panic on CPU.*|Kernel panic - not syncing.*/,
  },
};

/** QEMU's lists take a doubled comma as a comma. */
const escaped = (path) => path.replaceAll(',', ',,');

// systemd(1), systemd.system-credentials(7): root's authorized_keys, for this start only.
const authorise = (publicKey) =>
  `systemd.set_credential_binary=ssh.authorized_keys.root:${Buffer.from(`${publicKey.trim()}\n`).toString('base64')}`;

/**
 * QEMU's arguments, to be run in the image's directory. `id` is a UUID that tells this run's process from all others.
 * @param o { mode, id, memory, processors, port, publicKey, overlay, console }
 */
export const qemuArguments = (o) => {
  const { cpu, boot } = modes[o.mode];
  return [
    ['-name', 'vapp-lab'],
    ['-uuid', o.id],
    ['-machine', 'q35'],
    ['-accel', 'tcg,thread=multi'],
    ['-cpu', cpu],
    ['-smp', String(o.processors)],
    ['-m', String(o.memory)],
    ['-nodefaults', '-no-reboot', '-display', 'none'],
    ['-serial', `file:${o.console}`],
    ...boot(authorise(o.publicKey)),
    ['-drive', `file=${escaped(o.overlay)},format=qcow2,if=none,id=disk,cache=unsafe,discard=unmap`],
    ['-device', 'virtio-blk-pci,drive=disk'],
    ['-netdev', `user,id=net,hostfwd=tcp:127.0.0.1:${o.port}-:22`],
    ['-device', 'virtio-net-pci,netdev=net'],
    ['-device', 'virtio-rng-pci'],
  ].flat();
};
