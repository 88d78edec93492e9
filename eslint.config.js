import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["dist/**", "demo-output/**", "snapshots/**", "node_modules/**", "coverage/**"] },
  {
    files: ["**/*.ts"],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/no-unnecessary-condition": ["error", { allowConstantLoopConditions: true }],
      // Noise in a codebase that reads foreign JSON: index access is already `T | undefined` by the compiler.
      "@typescript-eslint/no-non-null-assertion": "error",
      "no-console": "error",
    },
  },
  {
    files: ["generator/cli/**/*.ts", "generator/testing/**/*.ts", "fixtures/**/*.ts", "bench/**/*.ts"],
    rules: { "no-console": "off" },
  },
);
