import ArgumentParser

/// The options for trying settings.
package struct SettingsOptions: ParsableArguments {
    /// The environment variable that also names the file. Commands of exec workers do not receive it.
    package static let variable = "SLUICE_CONFIG"

    @Flag(
        help: ArgumentHelp(
            "Try the settings, read the files that they name, and end. It prints ok, or a line for each mistake. It opens no port and "
                + "connects to nothing: see --connect."))
    package var check = false

    @Flag(
        help: ArgumentHelp(
            "With --check, also reach Redis, look at its library and the rights of the user, and open the port to serve on for a moment; "
                + "one that a running program has counts as in use. It changes nothing."))
    package var connect = false

    package init() {}

    package func validate() throws {
        if connect, !check { throw ValidationError("--connect goes with --check") }
    }
}
