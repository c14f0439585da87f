/**
 * Every C function that vapp calls, as the libvirt headers declare it. The one source of three things: what koffi
 * calls, what TypeScript allows (signature.ts) and what gcc compares with the real headers (scripts/abi-check.mjs).
 *
 * Three words are ours: `_Out_` marks an argument that C fills, `HeapString` is a `char *` that the caller owns (koffi
 * copies and frees it), and `charPtr` one that koffi leaves alone. A `const char *` result belongs to libvirt.
 */
const connection = [
  'virConnectPtr virConnectOpen(const char *name)',
  'int virConnectClose(virConnectPtr conn)',
  'int virConnectIsAlive(virConnectPtr conn)',
  'int virConnectSetKeepAlive(virConnectPtr conn, int interval, unsigned int count)',
  'int virConnectGetLibVersion(virConnectPtr conn, _Out_ unsigned long *libVer)',
  'int virConnectGetVersion(virConnectPtr conn, _Out_ unsigned long *hvVer)',
  'const char *virConnectGetType(virConnectPtr conn)',
  'HeapString virConnectGetURI(virConnectPtr conn)',
  'HeapString virConnectGetHostname(virConnectPtr conn)',
  'HeapString virConnectGetCapabilities(virConnectPtr conn)',
  'HeapString virConnectGetDomainCapabilities(virConnectPtr conn, const char *emulatorbin, const char *arch, const char *machine, const char *virttype, unsigned int flags)',
  'int virConnectRegisterCloseCallback(virConnectPtr conn, virConnectCloseFunc cb, void *opaque, virFreeCallback freecb)',
  'int virConnectUnregisterCloseCallback(virConnectPtr conn, virConnectCloseFunc cb)',
  'int virConnectDomainEventRegisterAny(virConnectPtr conn, virDomainPtr dom, int eventID, virConnectDomainEventGenericCallback cb, void *opaque, virFreeCallback freecb)',
  'int virConnectDomainEventDeregisterAny(virConnectPtr conn, int callbackID)',
] as const;

const domain = [
  'int virConnectListAllDomains(virConnectPtr conn, _Out_ virDomainPtr **domains, unsigned int flags)',
  'virDomainPtr virDomainLookupByName(virConnectPtr conn, const char *name)',
  'virDomainPtr virDomainLookupByUUIDString(virConnectPtr conn, const char *uuid)',
  'virDomainPtr virDomainDefineXMLFlags(virConnectPtr conn, const char *xml, unsigned int flags)',
  'virDomainPtr virDomainCreateXML(virConnectPtr conn, const char *xmlDesc, unsigned int flags)',
  'const char *virDomainGetName(virDomainPtr domain)',
  'int virDomainGetUUIDString(virDomainPtr domain, char *buf)',
  'unsigned int virDomainGetID(virDomainPtr domain)',
  'int virDomainIsPersistent(virDomainPtr dom)',
  'int virDomainGetState(virDomainPtr domain, _Out_ int *state, _Out_ int *reason, unsigned int flags)',
  'int virDomainGetInfo(virDomainPtr domain, _Out_ virDomainInfo *info)',
  'int virDomainCreateWithFlags(virDomainPtr domain, unsigned int flags)',
  'int virDomainSuspend(virDomainPtr domain)',
  'int virDomainResume(virDomainPtr domain)',
  'int virDomainShutdownFlags(virDomainPtr domain, unsigned int flags)',
  'int virDomainDestroyFlags(virDomainPtr domain, unsigned int flags)',
  'int virDomainUndefineFlags(virDomainPtr domain, unsigned int flags)',
  'HeapString virDomainGetXMLDesc(virDomainPtr domain, unsigned int flags)',
  'HeapString virDomainGetMetadata(virDomainPtr domain, int type, const char *uri, unsigned int flags)',
  'int virDomainSetMetadata(virDomainPtr domain, int type, const char *metadata, const char *key, const char *uri, unsigned int flags)',
  'int virDomainBlockStats(virDomainPtr dom, const char *disk, _Out_ virDomainBlockStatsStruct *stats, size_t size)',
  'int virDomainInterfaceStats(virDomainPtr dom, const char *device, _Out_ virDomainInterfaceStatsStruct *stats, size_t size)',
  'int virDomainListGetStats(virDomainPtr *doms, unsigned int stats, _Out_ virDomainStatsRecordPtr **retStats, unsigned int flags)',
  'void virDomainStatsRecordListFree(virDomainStatsRecordPtr *stats)',
  'int virDomainSendKey(virDomainPtr domain, unsigned int codeset, unsigned int holdtime, unsigned int *keycodes, int nkeycodes, unsigned int flags)',
  'HeapString virDomainScreenshot(virDomainPtr domain, virStreamPtr stream, unsigned int screen, unsigned int flags)',
  'int virDomainOpenConsole(virDomainPtr dom, const char *dev_name, virStreamPtr st, unsigned int flags)',
  'int virDomainFree(virDomainPtr domain)',
] as const;

const storage = [
  'int virConnectListAllStoragePools(virConnectPtr conn, _Out_ virStoragePoolPtr **pools, unsigned int flags)',
  'virStoragePoolPtr virStoragePoolLookupByName(virConnectPtr conn, const char *name)',
  'virStoragePoolPtr virStoragePoolDefineXML(virConnectPtr conn, const char *xml, unsigned int flags)',
  'const char *virStoragePoolGetName(virStoragePoolPtr pool)',
  'int virStoragePoolGetUUIDString(virStoragePoolPtr pool, char *buf)',
  'int virStoragePoolGetInfo(virStoragePoolPtr vol, _Out_ virStoragePoolInfo *info)',
  'int virStoragePoolIsActive(virStoragePoolPtr pool)',
  'int virStoragePoolGetAutostart(virStoragePoolPtr pool, _Out_ int *autostart)',
  'int virStoragePoolSetAutostart(virStoragePoolPtr pool, int autostart)',
  'HeapString virStoragePoolGetXMLDesc(virStoragePoolPtr pool, unsigned int flags)',
  'int virStoragePoolBuild(virStoragePoolPtr pool, unsigned int flags)',
  'int virStoragePoolCreate(virStoragePoolPtr pool, unsigned int flags)',
  'int virStoragePoolRefresh(virStoragePoolPtr pool, unsigned int flags)',
  'int virStoragePoolDestroy(virStoragePoolPtr pool)',
  'int virStoragePoolDelete(virStoragePoolPtr pool, unsigned int flags)',
  'int virStoragePoolUndefine(virStoragePoolPtr pool)',
  'int virStoragePoolFree(virStoragePoolPtr pool)',
  'int virStoragePoolListAllVolumes(virStoragePoolPtr pool, _Out_ virStorageVolPtr **vols, unsigned int flags)',
  'virStorageVolPtr virStorageVolLookupByName(virStoragePoolPtr pool, const char *name)',
  'virStorageVolPtr virStorageVolLookupByPath(virConnectPtr conn, const char *path)',
  'virStorageVolPtr virStorageVolCreateXML(virStoragePoolPtr pool, const char *xmlDesc, unsigned int flags)',
  'const char *virStorageVolGetName(virStorageVolPtr vol)',
  'const char *virStorageVolGetKey(virStorageVolPtr vol)',
  'HeapString virStorageVolGetPath(virStorageVolPtr vol)',
  'HeapString virStorageVolGetXMLDesc(virStorageVolPtr vol, unsigned int flags)',
  'int virStorageVolGetInfo(virStorageVolPtr vol, _Out_ virStorageVolInfo *info)',
  'int virStorageVolUpload(virStorageVolPtr vol, virStreamPtr stream, unsigned long long offset, unsigned long long length, unsigned int flags)',
  'int virStorageVolDownload(virStorageVolPtr vol, virStreamPtr stream, unsigned long long offset, unsigned long long length, unsigned int flags)',
  'int virStorageVolResize(virStorageVolPtr vol, unsigned long long capacity, unsigned int flags)',
  'int virStorageVolDelete(virStorageVolPtr vol, unsigned int flags)',
  'int virStorageVolFree(virStorageVolPtr vol)',
] as const;

const network = [
  'int virConnectListAllNetworks(virConnectPtr conn, _Out_ virNetworkPtr **nets, unsigned int flags)',
  'virNetworkPtr virNetworkLookupByName(virConnectPtr conn, const char *name)',
  'const char *virNetworkGetName(virNetworkPtr network)',
  'int virNetworkGetUUIDString(virNetworkPtr network, char *buf)',
  'int virNetworkIsActive(virNetworkPtr net)',
  'int virNetworkCreate(virNetworkPtr network)',
  'int virNetworkDestroy(virNetworkPtr network)',
  'HeapString virNetworkGetXMLDesc(virNetworkPtr network, unsigned int flags)',
  'HeapString virNetworkGetBridgeName(virNetworkPtr network)',
  'int virNetworkFree(virNetworkPtr network)',
] as const;

const stream = [
  'virStreamPtr virStreamNew(virConnectPtr conn, unsigned int flags)',
  'int virStreamSend(virStreamPtr st, const char *data, size_t nbytes)',
  'int virStreamRecv(virStreamPtr st, char *data, size_t nbytes)',
  'int virStreamFinish(virStreamPtr st)',
  'int virStreamAbort(virStreamPtr st)',
  'int virStreamFree(virStreamPtr st)',
  'int virStreamEventAddCallback(virStreamPtr stream, int events, virStreamEventCallback cb, void *opaque, virFreeCallback ff)',
  'int virStreamEventUpdateCallback(virStreamPtr stream, int events)',
  'int virStreamEventRemoveCallback(virStreamPtr stream)',
] as const;

const library = [
  'virErrorPtr virGetLastError(void)',
  'void virResetLastError(void)',
  'void virSetErrorFunc(void *userData, virErrorFunc handler)',
  'int virEventRegisterDefaultImpl(void)',
  'int virEventRunDefaultImpl(void)',
  'int virEventAddTimeout(int frequency, virEventTimeoutCallback cb, void *opaque, virFreeCallback ff)',
  'void virEventUpdateTimeout(int timer, int frequency)',
  'int virEventRemoveTimeout(int timer)',
] as const;

export const prototypes = [...library, ...connection, ...domain, ...storage, ...network, ...stream] as const;

/** Of libvirt-qemu.so.0, which is loaded at the first use: other hypervisors' hosts may lack it. */
export const qemuPrototypes = [
  'int virDomainQemuMonitorCommand(virDomainPtr domain, const char *cmd, _Out_ charPtr *result, unsigned int flags)',
] as const;

/** Callback types of the headers and the function types that koffi registers for them. */
export const callbacks = {
  virConnectDomainEventCallback:
    'int onLifecycle(virConnectPtr conn, virDomainPtr dom, int event, int detail, void *opaque)',
  virConnectCloseFunc: 'void onClose(virConnectPtr conn, int reason, void *opaque)',
  virStreamEventCallback: 'void onStream(virStreamPtr stream, int events, void *opaque)',
  virEventTimeoutCallback: 'void onTimeout(int timer, void *opaque)',
} as const;
