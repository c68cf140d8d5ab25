"""XML from the network, with document types, entities and external references refused."""

from typing import Any

from sanctions_model.errors import SourceError

__all__ = ["require_extra", "safe_xml"]


def require_extra(package: str) -> SourceError:
    """Return the refusal of a source that needs a package which is not installed."""
    return SourceError(
        f"needs the package {package}, which is not installed: pip install 'sanctions-model[data]'"
    )


def safe_xml(content: bytes) -> Any:
    """Parse a document and return its root.

    A document type is refused before anything in it is expanded, so that a document of a few
    hundred bytes cannot grow to gigabytes.

    Parameters
    ----------
    content : bytes

    Returns
    -------
    xml.etree.ElementTree.Element

    Raises
    ------
    SourceError
        If defusedxml is not installed, or the document is not well formed, declares entities or
        refers to other documents.
    """
    try:
        from defusedxml.common import DefusedXmlException
        from defusedxml.ElementTree import ParseError, fromstring
    except ImportError:
        raise require_extra("defusedxml") from None
    try:
        return fromstring(content, forbid_dtd=True)
    except DefusedXmlException as error:
        kind = type(error).__name__
        raise SourceError(
            f"the XML declares a document type or entities ({kind}): refused"
        ) from None
    except (ParseError, UnicodeError, ValueError) as error:
        raise SourceError(f"the answer is not well-formed XML ({error})") from None
