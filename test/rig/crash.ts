import { armFailpoints } from "../../src/lib/failpoint.ts";
import type { Layout } from "../../src/store/layout.ts";
import type { TempHome } from "./temp-home.ts";

/** A home as a kill at a failpoint would have left it. */
export interface Image {
  readonly failpoint: string;
  readonly layout: Layout;
}

/** Does some work on a home, and copies the home each time the work passes a failpoint. */
export function crashImages(home: TempHome, work: (layout: Layout) => void, on = home.layout): Image[] {
  const images: Image[] = [];
  armFailpoints((failpoint) => images.push({ failpoint, layout: home.copy(on) }));
  try {
    work(on);
  } finally {
    disarmFailpoints();
  }
  return images;
}

/** Does some work that is cut short by an exception at a failpoint: what the work's own clean-up leaves behind. */
export function cutShort(failpoint: string, work: () => void): void {
  armFailpoints((reached) => {
    if (reached === failpoint) throw new CutShort();
  });
  try {
    work();
    throw new Error(`the work does not pass ${failpoint}`);
  } catch (error) {
    if (!(error instanceof CutShort)) throw error;
  } finally {
    disarmFailpoints();
  }
}

/** Does some work whose failpoint is where the system refuses with an errno, as on a full disk. */
export function refusedAt<T>(failpoint: string, errno: string, work: () => T): T {
  armFailpoints((reached) => {
    if (reached === failpoint) throw Object.assign(new Error(`${errno}: refused`), { code: errno });
  });
  try {
    return work();
  } finally {
    disarmFailpoints();
  }
}

/** Failpoints do nothing again. */
export function disarmFailpoints(): void {
  armFailpoints(() => {});
}

class CutShort extends Error {}
