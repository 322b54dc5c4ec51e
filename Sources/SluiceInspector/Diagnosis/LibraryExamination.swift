import SluiceCore
import SluiceStore

/// Compares the functions on the server with those of this program.
struct LibraryExamination {
    /// The first revision with functions for a diagnosis.
    static let firstRevision = 24

    var found: LibraryVersion?
    var cures: CureText
    /// The reason why the library could not be examined.
    var obstacle: String?

    init(found: LibraryVersion?, cures: CureText) {
        self.found = found
        self.cures = cures
    }

    /// Reads the library of a server.
    init(_ store: Store, _ cures: CureText) async throws(SluiceError) {
        self.cures = cures
        do throws(SluiceError) {
            found = try await store.anyLibraryVersion()
        } catch {
            guard error.code == .serverTooOld || error.isForbidden else { throw error }
            obstacle = error.refusal
        }
    }

    /// Whether the queues can be examined.
    var isUsable: Bool {
        guard let found else { return false }
        return found.protocolVersion == LibraryVersion.own.protocolVersion && found.revision >= Self.firstRevision
    }

    var part: Diagnosis.Part {
        var part = Diagnosis.Part(subject: .library, looked: "")
        if let obstacle {
            part.unseen.append(obstacle)
            return part
        }
        guard let found else {
            part.add(
                .problem, "library.missing", "the function library is not on the server", cure: cures.tool("library", "load"))
            return part
        }
        part.looked = "protocol \(found.protocolVersion), revision \(found.revision)"
        compare(found, &part)
        return part
    }

    private func compare(_ found: LibraryVersion, _ part: inout Diagnosis.Part) {
        let own = LibraryVersion.own
        let pinned = found.isPinned ? ", and pinned" : ""
        if found.protocolVersion > own.protocolVersion {
            part.add(
                .problem, "library.protocol",
                "the library speaks protocol \(found.protocolVersion), this tool \(own.protocolVersion)",
                cure: "upgrade this tool")
        } else if found.revision > own.revision {
            part.add(
                .notice, "library.newer",
                "the library is of revision \(found.revision)\(pinned), newer than \(own.revision) of this tool",
                cure: "upgrade this tool; to go back all the same: " + cures.tool("library", "load", "--pin"))
        } else if found.revision < own.revision || found.protocolVersion < own.protocolVersion {
            part.add(
                .problem, "library.old",
                "the library is of revision \(found.revision)\(pinned), older than \(own.revision) of this tool",
                cure: cures.tool("library", "load"))
        } else if found.isPinned {
            part.add(
                .notice, "library.pinned", "revision \(found.revision) is pinned: newer programs will not replace it",
                cure: cures.tool("library", "load"))
        }
    }
}
