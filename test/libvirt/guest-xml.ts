/**
 * A guest that needs no disk: SeaBIOS writes its start messages to the serial port (`useserial`), offers its boot menu
 * and finds nothing to boot. 32 MiB, emulated, so that it runs anywhere.
 */
export const guestXml = (name: string, o: { disk?: string } = {}): string => `<domain type='qemu'>
  <name>${name}</name><memory unit='MiB'>32</memory><vcpu>1</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type><bootmenu enable='yes' timeout='30000'/><bios useserial='yes'/></os>
  <on_reboot>destroy</on_reboot>
  <devices>
    ${o.disk ? `<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='${o.disk}'/><target dev='vda' bus='virtio'/></disk>` : ''}
    <serial type='pty'><target port='0'/></serial><console type='pty'><target type='serial' port='0'/></console>
    <serial type='pty'><target port='1'/></serial>
    <video><model type='vga' vram='4096' heads='1'/></video><graphics type='vnc' port='-1' listen='127.0.0.1'/>
    <memballoon model='none'/>
  </devices>
</domain>`;
