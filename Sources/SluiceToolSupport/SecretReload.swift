import Hiredis
package import Logging
import ServiceLifecycle
package import SluiceStore
import UnixSignals

/// Reads secrets again on SIGHUP, so that they can change without a restart. What is no longer valid stays as it was.
package struct SecretReload: Service {
    /// Something that can be read again.
    package struct Part: Sendable {
        let name: String
        let read: @Sendable () throws -> Void

        /// - Parameters:
        ///   - name: What is read, for people.
        ///   - read: Reads it and puts it in place; it throws and changes nothing if it is not valid.
        package init(_ name: String, read: @escaping @Sendable () throws -> Void) {
            self.name = name
            self.read = read
        }
    }

    private let signals: UnixSignalsSequence
    private let logger: Logger
    private var parts: [Part] = []

    /// Signals count from now on.
    package init(logger: Logger) async {
        signals = await UnixSignalsSequence(trapping: StopSignals.reload)
        self.logger = logger
    }

    /// Adds what can be read again.
    package mutating func add(_ part: Part?) {
        if let part { parts.append(part) }
    }

    /// Adds the files of a connection to Redis, if it has any.
    package mutating func add(_ store: Store) {
        let configuration = store.configuration
        if configuration.tls == nil, configuration.passwordFile == nil { return }
        add(Part("connection") { try configuration.readFiles(GlobalOptions.silent) })
    }

    package func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [self] in
                for await _ in signals { readAgain() }
            }
            // A cancellation ends it, too.
            try? await gracefulShutdown()
            group.cancelAll()
        }
    }

    private func readAgain() {
        var told: Set<String> = []
        for part in parts {
            do {
                try part.read()
            } catch {
                let reason = Ending.reason(error)
                // Several connections have the same files.
                if told.insert("\(part.name) \(reason)").inserted {
                    logger.error("the \(part.name): what was read before stays in use", metadata: ["error": "\(reason)"])
                }
            }
        }
        if told.isEmpty {
            let names = Set(parts.map(\.name)).sorted().joined(separator: ", ")
            logger.notice("secrets were read again", metadata: ["read": "\(names.isEmpty ? "none are in files" : names)"])
        }
    }
}
