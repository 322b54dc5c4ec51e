/// Who reads an inbox.
protocol InboxReader: AnyObject, Sendable {
    /// The key of the list.
    var inbox: String { get }
    /// Entries of the list, oldest first; some may say nothing.
    func received(_ entries: [String])
    /// Entries may have been lost: whatever is waited for has to be asked for.
    func recheck()
}
