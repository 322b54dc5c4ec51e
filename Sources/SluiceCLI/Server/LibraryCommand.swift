import ArgumentParser
import SluiceCore
import SluiceInspector
import SluiceLua
import SluiceStore
import SluiceToolSupport

struct LibraryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "library", abstract: "The functions that Sluice keeps on the Redis server.",
        discussion: "The first program that connects loads them; newer programs replace them unless they are pinned.",
        subcommands: [LibraryLoadCommand.self, LibraryShowCommand.self, LibraryVersionCommand.self])

    @OptionGroup var global: GlobalOptions
}

extension GlobalOptions {
    /// Makes a store, passes it to `body`, and closes it.
    func withStore(_ body: (Store) async throws -> Void) async throws {
        try await withInspector { try await body($0.store) }
    }
}

struct LibraryLoadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load", abstract: "Load this tool's revision, for administrators and roll-backs.")

    @OptionGroup var global: GlobalOptions

    @Flag(help: "Fix this revision: newer programs leave it in place until a load without --pin.")
    var pin = false

    @Flag(
        help: ArgumentHelp(
            "Load only if the server has no revision or an older one. A newer one and a pinned one stay, which is no failure: for "
                + "what runs at each start."))
    var ifOlder = false

    func validate() throws {
        if pin, ifOlder { throw ValidationError("give --pin or --if-older, not both") }
    }

    func run() async throws {
        try await global.withInspector { inspector in
            // Each connection has loaded this revision by now if the server had none or an older one that is not pinned.
            let found = try await inspector.store.libraryVersion()
            if ifOlder, let found { return try tell(found) }
            if let found, found.revision > FunctionLibrary.revision, !pin {
                throw Failure(
                    "the server has revision \(found.revision), which is newer than \(FunctionLibrary.revision) of this tool; "
                        + "to go back all the same: sluice library load --pin")
            }
            try await inspector.loadLibrary(pinned: pin)
            if global.json {
                try Terminal.output.json(["loaded": .integer(FunctionLibrary.revision), "pinned": .bool(pin)])
            } else {
                try Terminal.output.line("loaded revision \(FunctionLibrary.revision)" + (pin ? ", pinned" : ""))
            }
        }
    }

    /// Tells which revision the server has now.
    private func tell(_ found: LibraryVersion) throws {
        if global.json {
            try Terminal.output.json(["server": .integer(found.revision), "pinned": .bool(found.isPinned)])
        } else {
            try Terminal.output.line("the server has revision \(found.revision)" + (found.isPinned ? ", pinned" : ""))
        }
    }
}

struct LibraryShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Print the library's text as it is loaded: Lua. Asks no server.")

    @OptionGroup var global: GlobalOptions

    func run() throws {
        if global.json {
            try Terminal.output.json([
                "protocol": .integer(FunctionLibrary.protocolVersion), "revision": .integer(FunctionLibrary.revision),
                "text": .string(FunctionLibrary.text()),
            ])
        } else {
            try Terminal.output.write(ours: FunctionLibrary.text())
        }
    }
}

struct LibraryVersionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Show the revisions of this tool and of the server.")

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await global.withStore { store in
            let found = try await store.libraryVersion()
            if global.json { return try Terminal.output.json(Self.json(found)) }
            var table = Table([.text(""), .number("PROTOCOL"), .number("REVISION"), .text("PINNED")])
            table.append(["tool", "\(FunctionLibrary.protocolVersion)", "\(FunctionLibrary.revision)"])
            if let found {
                table.append(["server", "\(found.protocolVersion)", "\(found.revision)", found.isPinned ? "yes" : "no"])
            }
            try Terminal.output.lines(table.lines(style: Terminal.output.style))
        }
    }

    static func json(_ found: LibraryVersion?) -> JSONValue {
        let server = found.map { found -> JSONValue in
            [
                "protocol": .integer(found.protocolVersion), "revision": .integer(found.revision),
                "pinned": .bool(found.isPinned),
            ]
        }
        return [
            "tool": [
                "protocol": .integer(FunctionLibrary.protocolVersion), "revision": .integer(FunctionLibrary.revision),
            ],
            "server": server ?? .null,
        ]
    }
}
