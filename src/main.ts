import { runApp } from "./cli/app.ts";
import { leave, processContext } from "./cli/context.ts";

leave(await runApp(processContext()));
