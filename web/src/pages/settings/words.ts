export const words = {
  signIn: "Sign in",
  signOut: "Sign out",
  key: "API key",
  stay: "Stay signed in on this device",
  signedOut: "You are not signed in. Paste or scan an API key.",
  openServer: "This server has no API keys: everybody who reaches it may do everything.",
  signedIn: (name: string, role: string) => `Signed in as ${name}: ${role}.`,
  roles: { read: "may read", operate: "may read and move units", write: "may change everything" },
  theme: "Theme",
  themes: { auto: "As the system", light: "Light", dark: "Dark" },
} as const;
