/** A shell script, imported `with { type: "text" }`. */
declare module "*.sh" {
  const text: string;
  export = text;
}

/** A page of the help, imported `with { type: "text" }`. */
declare module "*.md" {
  const text: string;
  export = text;
}
