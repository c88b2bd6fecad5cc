/** What the console's pages need to know about a product. The router fills it from the product's facts. */
export interface ConsoleProduct {
  id: string;
  name: string;
}

export interface PermissionFact {
  name: string;
  /** "Read the loops and who is in them." */
  sentence?: string;
}
