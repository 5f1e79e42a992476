import { readdirSync, readlinkSync } from "node:fs";
import { unlessRefused } from "../lib/errno.ts";
import { textOf } from "../lib/file-text.ts";

/** One line of the system's table of TCP sockets. */
interface Socket {
  /** As the kernel writes it: hexadecimal, in the order of the host's bytes. */
  readonly address: string;
  readonly port: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly isListening: boolean;
  /** It is open, or was closed within the last minute: what a server answers at once is seen no other way. */
  readonly isRecent: boolean;
  /** "0" for a connection that no process has: not accepted yet, or closed. */
  readonly inode: string;
}

/** The TCP sockets of this machine at one time, in our network namespace. */
export type TcpTable = readonly Socket[];

/** Reads /proc/net/tcp and tcp6 (proc_net_tcp(5)) in one pass for all ports; null where the system has no such table. */
export function tcpTable(): TcpTable | null {
  // One read(2) gives no more than a page of such a file.
  const texts = ["tcp", "tcp6"].map((name) => textOf(`/proc/net/${name}`));
  if (texts.every((text) => text === null)) return null;
  return texts
    .flatMap((text) => (text ?? "").split("\n").slice(1).map(socketOf))
    .filter((one) => one !== null);
}

/** In the kernel's tcp_states.h: TCP_LISTEN, and those that are not, or not yet, connections (TCP_SYN_SENT, TCP_SYN_RECV, TCP_CLOSE, TCP_NEW_SYN_RECV). */
const LISTEN = "0A";
const NO_CONNECTION = ["02", "03", "07", "0C", LISTEN];

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
    isRecent: state !== undefined && !NO_CONNECTION.includes(state),
    inode,
  };
}

/**
 * How many connections clients hold to a port of this machine, or held within the last minute (TIME_WAIT, tcp(7)), without those that
 * `except` (inodes, as of `socketsOf`) holds at the client's end, such as a service that talks to itself. A probe is gone once it has its
 * answer: it resets its connection. The port of a container may show at the client's end alone.
 */
export function connectionsTo(table: TcpTable, port: number, except: ReadonlySet<string>): number {
  const recent = table.filter(({ isRecent }) => isRecent);
  const listeners = table.filter((one) => one.isListening && one.port === port);
  const isOurs = (one: Socket) => listeners.some(({ address }) => address === one.address || isAny(address));
  const ofClients = recent.filter((one) => one.remotePort === port && isLoopback(one.remoteAddress));
  const ignored = new Set(ofClients.filter(({ inode }) => except.has(inode)).map((one) => one.port));
  const ofServer = recent.filter((one) => one.port === port && (isLoopback(one.address) || isOurs(one)));
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
