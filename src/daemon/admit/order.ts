import type { Defaults } from "../../intake/candidate.ts";
import type { Machine } from "../../plan/input.ts";
import type { Supervisor } from "../supervisor.ts";

/** On whose behalf the tasks of files are queued. */
export interface OnBehalf {
  readonly defaults?: Defaults | undefined;
  /** Jobs of the inbox and of schedules run in the user's home directory, with the supervisor's environment. */
  readonly userHome: string;
}

/** What every order to a reader process says of the supervisor. */
export interface OrderSetting extends OnBehalf {
  /** JSON has no sets. */
  readonly machine: Omit<Machine, "awaitingProbe">;
  readonly controllers: readonly string[];
  readonly createdBy: string;
}

/** The setting of an order, as the machine is now. */
export function orderSetting(
  { machine: known, context: { actor, limitBackend } }: Supervisor,
  { userHome, defaults }: OnBehalf,
): OrderSetting {
  const { awaitingProbe: _set, ...machine } = known;
  return { userHome, machine, controllers: limitBackend().controllers, createdBy: actor, defaults };
}

/** The machine of an order, in the reader process. */
export function machineOf({ machine }: OrderSetting): Machine {
  return { ...machine, awaitingProbe: new Set() };
}
