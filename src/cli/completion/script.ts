import bash from "../sh/completion.bash" with { type: "text" };
import fish from "../sh/completion.fish" with { type: "text" };
import zsh from "../sh/completion.zsh" with { type: "text" };

/** The scripts that shells source; they ask the program itself for the words, so that they never go stale. */
export const COMPLETION_SCRIPTS = { bash, zsh, fish } as const;
