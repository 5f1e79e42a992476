/** A shell script, imported `with { type: "text" }`. */
declare module "*.sh" {
  const text: string;
  export = text;
}
