/** The shape of a message: a plain text, or one text a plural form of the parameter `count`. `{name}` marks a parameter. */
export type Message = string | { readonly one?: string; readonly other: string };
