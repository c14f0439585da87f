export interface Recipe {
  suite: string;
  sources: string[];
  packages: string[];
  leftOut: string[];
  disk: number;
  setUp: string;
}
export function makeRecipe(o: {
  release: {
    suite: string;
    components: readonly string[];
    mirror: string;
    securityMirror: string;
    securitySuite: string;
  };
  mirror?: string;
  securityMirror?: string;
  setUp: string;
}): Recipe;
export function recipeHash(recipe: Recipe): string;
export function mmdebstrapArguments(
  recipe: Recipe,
  o: { tree: string; keyring: string; setUpFile: string },
): string[];
