import ArgumentParser
import SluiceCore
import SluiceWeb

/// A site of a server: `NAME=URL` or `NAME=URL#NAMESPACE`.
struct SiteOption: Hashable {
    var name: String
    var url: String
    var namespace: Namespace

    init(parsing text: String) throws {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2, DashboardSite.isName(parts[0]) else {
            throw ValidationError(
                "'\(text.prefix(40))' is no site: write name=redis://host or name=redis://host#namespace; the name has lower-case "
                    + "letters, digits and dashes")
        }
        let address = parts[1].split(separator: "#", maxSplits: 1).map(String.init)
        guard let url = address.first else { throw ValidationError("the site \(parts[0]) has no URL") }
        name = parts[0]
        self.url = url
        namespace = address.count > 1 ? try Namespace(address[1]) : .standard
    }
}
