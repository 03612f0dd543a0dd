using NtScope.Symbols;

namespace NtScope.Tests.Symbols;

public class SymbolPathTests
{
    [Theory]
    [InlineData("/symbols", "/symbols")]
    [InlineData("srv*/store", "/store")]
    [InlineData("SRV*/near*/far*https://host/symbols", "/near > /far > https://host/symbols")]
    [InlineData("symsrv*symsrv.dll*/near*http://host", "/near > http://host")]
    [InlineData("cache*/kept;/one;srv*/two*http://host", "/kept | /kept > /one | /kept > /two > http://host")]
    [InlineData("srv*http://host", "DEFAULT > http://host")]
    [InlineData("srv**http://host", "DEFAULT > http://host")]
    [InlineData("http://host", "DEFAULT > http://host")]
    [InlineData(" /a ; ; /b ", "/a | /b")]
    [InlineData("", "")]
    public void A_path_becomes_places_with_the_stores_in_front_of_them(string text, string expected) =>
        string.Join(" | ", SymbolPath.Parse(text).Elements.Select(element => string.Join(" > ", element.Caches.Append(element.Place))))
            .ShouldBe(expected.Replace("DEFAULT", SymbolPath.DefaultCache));

    [Theory]
    [InlineData("srv*")]
    [InlineData("srv*http://host*/store")]
    [InlineData("ftp*host")]
    [InlineData("symsrv*symsrv.dll")]
    public void An_element_that_means_nothing_is_refused(string text) => Should.Throw<InputException>(() => SymbolPath.Parse(text));
}
