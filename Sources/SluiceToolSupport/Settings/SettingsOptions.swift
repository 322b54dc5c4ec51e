package import ArgumentParser

/// The options for a file of settings, and for trying settings.
package struct SettingsOptions: ParsableArguments {
    /// The environment variable that also names the file. Commands of exec workers do not receive it.
    package static let variable = "SLUICE_CONFIG"

    @Option(
        help: ArgumentHelp(
            "A YAML file with settings, named as these options are. Options and the environment go before it. "
                + "Default: $SLUICE_CONFIG.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    package var config: String?

    @Flag(help: "Try the settings, read the files that they name, and end. It prints ok, or a line for each mistake.")
    package var check = false

    @Flag(help: "With --check, also reach Redis, and look at its library and the rights of the user. It changes nothing.")
    package var connect = false

    package init() {}

    package func validate() throws {
        if connect, !check { throw ValidationError("--connect goes with --check") }
        if config?.isEmpty == true { throw ValidationError("--config is empty: name a file, or leave it out") }
    }
}
