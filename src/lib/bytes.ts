import { own } from "./own.ts";

const UNIT_BYTES: Readonly<Record<string, number>> = {
  b: 1,
  k: 2 ** 10,
  kib: 2 ** 10,
  kb: 1e3,
  m: 2 ** 20,
  mib: 2 ** 20,
  mb: 1e6,
  g: 2 ** 30,
  gib: 2 ** 30,
  gb: 1e9,
  t: 2 ** 40,
  tib: 2 ** 40,
  tb: 1e12,
};

/** Parses `8GB`, `8GiB`, `512MiB`, `16G` (binary, as in Slurm) into bytes; null for anything else, a bare number included. */
export function parseBytes(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]+)$/i.exec(text.trim());
  const unit = own(UNIT_BYTES, match?.[2]?.toLowerCase() ?? "");
  if (match === null || unit === undefined) return null;
  const bytes = Math.round(Number(match[1]) * unit);
  return Number.isSafeInteger(bytes) ? bytes : null;
}

/** Formats a size that was asked for in the units it is whole in: `900 GB`, not `838.2 GiB`; in binary units where it is in neither. */
export function formatAsked(bytes: number): string {
  const isWhole = (unit: number): boolean => bytes % unit === 0;
  if (bytes === 0 || isWhole(2 ** 20)) return formatBytes(bytes);
  const unit = (["tb", "gb", "mb"] as const).find((name) => isWhole(UNIT_BYTES[name] ?? 1));
  return unit === undefined ? formatBytes(bytes) : `${bytes / (UNIT_BYTES[unit] ?? 1)} ${unit.toUpperCase()}`;
}

/** Formats bytes in binary units with at most one decimal: `1.5 GiB`, `512 MiB`, `12 B`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const inUnit = (index: number): number => Math.round((bytes / 1_024 ** index) * 10) / 10;
  let index = 0;
  while (inUnit(index) >= 1_024 && index < units.length - 1) index += 1;
  return `${inUnit(index)} ${units[index]}`;
}
