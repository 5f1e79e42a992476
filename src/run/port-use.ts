import { readdirSync, readlinkSync } from "node:fs";
import { unlessRefused } from "../lib/errno.ts";
import { procContent } from "../lib/proc-file.ts";

/** One line of the system's table of TCP sockets. */
interface Socket {
  /** As the kernel writes it: hexadecimal, in the order of the host's bytes. */
  readonly address: string;
  readonly port: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly isListening: boolean;
  readonly isEstablished: boolean;
  /** "0" for a connection that no process has accepted yet. */
  readonly inode: string;
}

/** The TCP sockets of this machine at one time, in our network namespace. */
export type TcpTable = readonly Socket[];

/** Reads /proc/net/tcp and tcp6 (proc_net_tcp(5)) in one pass for all ports; null where the system has no such table. */
export function tcpTable(): TcpTable | null {
  const texts = ["tcp", "tcp6"].map((name) => procContent(`/proc/net/${name}`)?.toString("latin1") ?? null);
  if (texts.every((text) => text === null)) return null;
  return texts
    .flatMap((text) => (text ?? "").split("\n").slice(1).map(socketOf))
    .filter((one) => one !== null);
}

/** The numbers of TCP_ESTABLISHED and TCP_LISTEN in the kernel's tcp_states.h. */
const [ESTABLISHED, LISTEN] = ["01", "0A"];

function socketOf(line: string): Socket | null {
  const [, local, remote, state, , , , , , inode] = line.trim().split(/\s+/);
  const [address, port] = local?.split(":") ?? [];
  const [remoteAddress, remotePort] = remote?.split(":") ?? [];
  if (address === undefined || port === undefined || inode === undefined) return null;
  return {
    address,
    port: Number.parseInt(port, 16),
    remoteAddress: remoteAddress ?? "",
    remotePort: Number.parseInt(remotePort ?? "", 16),
    isListening: state === LISTEN,
    isEstablished: state === ESTABLISHED,
    inode,
  };
}

/**
 * How many connections clients hold to a port of this machine, without those whose client has one of `except` (inodes, as of
 * `socketsOf`): our own probes, or a service that talks to itself. The port of a container may show at the client's end alone.
 */
export function connectionsTo(table: TcpTable, port: number, except: ReadonlySet<string>): number {
  const open = table.filter(({ isEstablished }) => isEstablished);
  const listeners = table.filter((one) => one.isListening && one.port === port);
  const isOurs = (one: Socket) => listeners.some(({ address }) => address === one.address || isAny(address));
  const ofClients = open.filter((one) => one.remotePort === port && isLoopback(one.remoteAddress));
  const ignored = new Set(ofClients.filter(({ inode }) => except.has(inode)).map((one) => one.port));
  const ofServer = open.filter((one) => one.port === port && (isLoopback(one.address) || isOurs(one)));
  // A loopback connection is in the table twice; two remote machines may use the same port.
  const clients = [
    ...ofClients.map((one) => `${one.port}`),
    ...ofServer.map((one) =>
      isLoopback(one.remoteAddress) ? `${one.remotePort}` : `${one.remoteAddress} ${one.remotePort}`,
    ),
  ];
  return new Set(clients.filter((client) => !ignored.has(Number(client)))).size;
}

/** The inodes of the sockets that listen on a port, on whatever address. */
export function listenersOn(table: TcpTable, port: number): string[] {
  return table.filter((one) => one.isListening && one.port === port).map(({ inode }) => inode);
}

/** The inodes of the sockets that some processes hold (proc_pid_fd(5)); those of other users' processes cannot be seen. */
export function socketsOf(pids: Iterable<number>): ReadonlySet<string> {
  const inodes = new Set<string>();
  for (const pid of pids) {
    for (const fd of unlessRefused(() => readdirSync(`/proc/${pid}/fd`), [])) {
      const target = unlessRefused(() => readlinkSync(`/proc/${pid}/fd/${fd}`), "");
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
      if (inode !== undefined) inodes.add(inode);
    }
  }
  return inodes;
}

/** 127.0.0.0/8, the same within IPv6, and ::1; the kernel writes each 32 bits in the order of the host, which is little-endian. */
function isLoopback(address: string): boolean {
  return /^(?:0{16}FFFF0000)?[0-9A-F]{6}7F$/.test(address) || address === "00000000000000000000000001000000";
}

function isAny(address: string): boolean {
  return /^0+$/.test(address);
}
