#pragma once

/// A file of `lua/`: its name without the suffix, and its text, which ends with a zero.
struct sluice_module {
    const char *name;
    const unsigned char *text;
};

/// All files of `lua/` by name. The last entry has no name.
const struct sluice_module *sluice_modules(void);
