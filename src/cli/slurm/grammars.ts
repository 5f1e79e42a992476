/** The options of Slurm's programs, as far as they mean something here or may be ignored: true for one with a value. */

const SELECTING = { jobs: true, user: true, name: true, partition: true, account: true } as const;

export const SQUEUE = {
  options: {
    ...SELECTING,
    me: false,
    noheader: false,
    format: true,
    states: true,
    array: false,
    sort: true,
    all: false,
    long: false,
    start: false,
  },
  letters: {
    j: "jobs",
    u: "user",
    n: "name",
    p: "partition",
    A: "account",
    h: "noheader",
    o: "format",
    t: "states",
    r: "array",
    S: "sort",
    a: "all",
    l: "long",
  },
};

export const SACCT = {
  options: {
    ...SELECTING,
    allocations: false,
    allusers: false,
    noheader: false,
    parsable: false,
    parsable2: false,
    format: true,
    delimiter: true,
    starttime: true,
    endtime: true,
    state: true,
    duplicates: false,
    units: true,
  },
  letters: {
    j: "jobs",
    u: "user",
    X: "allocations",
    a: "allusers",
    n: "noheader",
    p: "parsable",
    P: "parsable2",
    o: "format",
    S: "starttime",
    E: "endtime",
    s: "state",
    D: "duplicates",
    r: "partition",
    A: "account",
  },
};

export const SCANCEL = {
  options: {
    signal: true,
    user: true,
    name: true,
    jobname: true,
    state: true,
    quiet: false,
    verbose: false,
    batch: false,
    full: false,
    hurry: false,
    me: false,
  },
  letters: {
    s: "signal",
    u: "user",
    n: "name",
    t: "state",
    Q: "quiet",
    v: "verbose",
    b: "batch",
    f: "full",
    H: "hurry",
  },
};

export const SCONTROL = {
  options: { oneliner: false, quiet: false, verbose: false },
  letters: { o: "oneliner", Q: "quiet", v: "verbose" },
};
