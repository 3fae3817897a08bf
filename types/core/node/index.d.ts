/**
 * All of Node's types that tsconfig.core.json sees. `@types/dns-packet` refers to the types of Node for this
 * one name; it is a type only, so `Buffer.from` does not compile below `cli`.
 */
interface Buffer extends Uint8Array {}
