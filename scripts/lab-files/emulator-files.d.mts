export const emulatorDirectory: string;
export const takeEmulator: (tree: string, directory: string) => void;
export const emulatorCommand: (directory: string) => {
  program: string;
  before: string[];
  env: Record<string, string>;
};
