import { homePath } from "../desk/home.ts";
import { ensureHome, openHome } from "../store/home.ts";
import type { Layout } from "../store/layout.ts";
import type { Call, Ended, Flags } from "./command-line/declare.ts";

type Run<F extends Flags> = (call: Call<F>) => Ended | Promise<Ended>;
type RunIn<F extends Flags> = (call: Call<F>, layout: Layout) => Ended | Promise<Ended>;

/** Runs a verb in the home that the context names; one that does not exist is an error. */
export function inHome<F extends Flags>(run: RunIn<F>): Run<F> {
  return (call) => {
    const home = openHome(homePath(call.context));
    return home.ok ? run(call, home.value) : home.error;
  };
}

/** The same; a home that does not exist is made. */
export function inMadeHome<F extends Flags>(run: RunIn<F>): Run<F> {
  return (call) => {
    const home = ensureHome(homePath(call.context));
    return home.ok ? run(call, home.value) : home.error;
  };
}
