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

declare module "*.bash" {
  const text: string;
  export = text;
}

declare module "*.zsh" {
  const text: string;
  export = text;
}

declare module "*.fish" {
  const text: string;
  export = text;
}

declare module "*.py" {
  const text: string;
  export = text;
}
