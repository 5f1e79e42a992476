import { serviceReader } from "../service-readers.ts";
import type { Fields } from "./field.ts";

/** What makes a task a service. */
export const SERVICE_FIELDS: Fields = {
  service: {
    read: serviceReader,
    to: ["spec", "service"],
    about: "the job answers on a port until it is stopped, such as {port: 0, ready: {http: /health}}",
    more: "it takes no job slot, and nothing waits for its end; see `stint help services`",
    without: "a job that ends",
  },
};
