public import SluiceCore
import SluiceStore

extension Inspector {
    /// Replaces the functions on the server, of any revision, by those of this program.
    /// - Parameter pinned: Whether newer programs leave them in place.
    /// - Throws: a server error if Redis cannot be used, or if its user may not load functions.
    public func loadLibrary(pinned: Bool) async throws(SluiceError) {
        try await record(.libraryLoad, on: "revision \(Store.ownRevision)\(pinned ? " --pin" : "")") {
            (tally) async throws(SluiceError) in
            try await store.loadLibrary(pinned: pinned)
            tally.count(true)
        }
    }
}
