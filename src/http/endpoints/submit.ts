import { submitText, validateText } from "../../desk/submit-text.ts";
import { ok } from "../../lib/result.ts";
import { submitted, validation } from "../../model/api/answers.ts";
import { taking } from "../endpoint.ts";
import { answeredWith } from "../outcome.ts";

export const submit = taking({
  method: "POST",
  path: "/tasks",
  access: "full",
  name: "submitTasks",
  summary:
    "Queues the tasks of a task file, all or none; they get the environment of the supervisor, like those of the inbox",
  answer: { status: 201, schema: submitted, about: "the tasks are queued" },
  run: async ({ context: { caller, layout }, body }) => {
    const queued = await submitText(caller, layout, body);
    return queued.ok ? ok({ data: queued.value, status: 201 }) : queued;
  },
});

export const validate = taking({
  method: "POST",
  path: "/validate",
  access: "read",
  name: "validateTasks",
  summary: "Tells whether a task file would be queued, and what is wrong with it; queues nothing",
  answer: { status: 200, schema: validation, about: "what was found" },
  run: ({ context: { caller, layout }, body }) => answeredWith(validateText(caller, layout, body)),
});
