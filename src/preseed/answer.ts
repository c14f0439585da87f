/** `[type, question, value, origin, owner]`; types are those of the templates in the installer's components. */
export type Answer = [type: string, question: string, value: string, from: string, owner?: string];
