import * as v from "valibot";

export const MAX_TOPIC_LENGTH = 64;
/** It is the name of a file, and of no hidden one. */
export const TOPIC_PATTERN = /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/;

/** The name of a feed of events. */
export const topicName = v.pipe(v.string(), v.maxLength(MAX_TOPIC_LENGTH), v.regex(TOPIC_PATTERN));
