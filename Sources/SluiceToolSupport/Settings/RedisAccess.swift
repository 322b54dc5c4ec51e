/// Where Redis is and where its password is, of several sources: options, the environment, a file of settings.
///
/// Of the sources the first one that gives a password decides alone where it is: in its URL, or in its file of the password. A password
/// of later sources is left out. One source that gives both is refused.
struct RedisAccess {
    /// What one source gives.
    struct Source {
        var url: String?
        /// The file of the password. An empty name says that there is none, whatever later sources give.
        var file: String?
        /// What the source calls both, for people.
        var names: (url: String, file: String)
    }

    /// The URL of the first source that has one. It has no password if an earlier source gives one.
    private(set) var url: String?
    /// The file of the password; nil if there is none.
    private(set) var file: String?
    /// The place of the source that gives the file.
    private(set) var fileSource: Int?
    /// The place of the source that gives the password in two ways, and what is wrong; nil if none does.
    private(set) var clash: (source: Int, reason: String)?

    /// - Parameter sources: The one that goes before the others first.
    init(_ sources: [Source]) {
        let urlSource = sources.firstIndex { $0.url != nil }
        url = urlSource.flatMap { sources[$0].url }
        let named = sources.firstIndex { $0.file != nil }.filter { sources[$0].file != "" }
        if let urlSource, let named, url.map(ToolSettings.holdsPassword) == true {
            if urlSource < named { return }
            if urlSource == named {
                let names = sources[named].names
                clash = (named, "the password is in the URL of \(names.url) and in the file of \(names.file): leave one out")
            }
            url = url.map(Self.withoutPassword)
        }
        fileSource = named
        file = named.flatMap { sources[$0].file }
    }

    /// A URL as it is without its password.
    static func withoutPassword(_ url: String) -> String {
        guard let match = url.firstMatch(of: /^([^:\/]+:\/\/[^\/?#:]*):[^\/?#]*@/) else { return url }
        return "\(match.1)@\(url[match.range.upperBound...])"
    }
}

extension Optional {
    /// The value, if it meets a condition.
    fileprivate func filter(_ condition: (Wrapped) -> Bool) -> Wrapped? { flatMap { condition($0) ? $0 : nil } }
}
