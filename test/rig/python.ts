/** An interpreter that has tqdm and tensorboardX; `.ci/run` makes it, and says here where it is. */
const GIVEN = process.env["STINT_TEST_PYTHON"];

export const PYTHON = GIVEN ?? "python3";

/** On a developer's machine the packages may be missing; the gate installs them, and fails without them. */
export const HAS_PACKAGES = GIVEN !== undefined || process.env["CI"] !== undefined;
