"""Papers: certificates, exhibit label, recovery kit, log head; documents [policy 4(a), 4(e)-(i)].

Read sheet first: it lays lines and fields out, with the typefaces and squares of faces.
certificate_pdf writes the certificates of a release and of a destruction, and the exhibit label;
instruction_pdf what a supplier is to delete, letter_pdf a letter, kit_pdf the recovery kit and the
log's head. document is a document of sections, in words, which document_html, document_pdf and
document_text write; plots draws its plots. apart makes a release's papers in a process of its own.
"""
