import { runApp } from "./cli/app.ts";
import { leave, processContext, shakeOffSteering } from "./cli/context.ts";

shakeOffSteering();
leave(await runApp(processContext()));
