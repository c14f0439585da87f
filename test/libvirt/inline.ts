import { Connection } from '../../src/libvirt/connection.js';
import { InlineLane } from '../../src/libvirt/lane.js';

/** libvirt's mock driver on this thread: one running domain `test`, a pool and a network, its own for each connection. */
export const openInline = (uri = 'test:///default'): Promise<Connection> =>
  Connection.open({ lanes: new InlineLane() }, uri);
