; callrec-setup.exe: lays the program into a folder of its own, and takes it away again.
; It touches no vault, no configuration and no memory of the record: they lie elsewhere.
;
; makensis -DVERSION=0.1.0 -DFILES=files.nsh -DMEASURE=200000 -DINTO=callrec-setup.exe setup.nsi
;   FILES: a "File" for each file, as supply/windows.py writes it, in an order of its own
;   MEASURE: how much all of them are, in KiB
;   LICENCE: the text that is to be agreed to
;   SIGN: a command that signs the removal program, %1, where there is a certificate
;
; How it ends: 0, it is done; 1, the person ended it; 10, callrec runs; 11, a folder of ours holds what
; is not ours; 12, a file could not be written. After 10, 11 and 12 what was there before is as it was.

Unicode true
Target amd64-unicode
ManifestSupportedOS Win10
ManifestLongPathAware true
SetCompressor /SOLID lzma
RequestExecutionLevel admin

!include LogicLib.nsh
!include MUI2.nsh

Name "callrec"
OutFile "${INTO}"
BrandingText "callrec ${VERSION}"
InstallDir "$PROGRAMFILES64\callrec"
ShowInstDetails nevershow
ShowUninstDetails nevershow

VIProductVersion "${VERSION}.0"
VIAddVersionKey ProductName "callrec"
VIAddVersionKey ProductVersion "${VERSION}"
VIAddVersionKey FileVersion "${VERSION}"
VIAddVersionKey FileDescription "Setup of callrec"
VIAddVersionKey CompanyName "the callrec authors"
VIAddVersionKey LegalCopyright "the callrec authors; licences are in the folder licences"

!define ENTRY "Software\Microsoft\Windows\CurrentVersion\Uninstall\callrec"
!define ENVIRONMENT "SYSTEM\CurrentControlSet\Control\Session Manager\Environment"
!define RUNS 10
!define FOREIGN 11
!define UNWRITTEN 12

!define MUI_FINISHPAGE_TITLE "callrec ${VERSION} is installed"
!define MUI_FINISHPAGE_TEXT "Open a new terminal and type: callrec practice doctor$\r$\n$\r$\nThe desk is in the Start menu. What to do \
first is in the manual, docs\manual\windows.md in callrec's folder."
!insertmacro MUI_PAGE_LICENSE "${LICENCE}"
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE English

!ifdef SIGN
  !uninstfinalize '${SIGN}'
!endif

; End with this status, and say why: in a window, or to whom a silent one was started by.
!macro End status why
  SetErrorLevel ${status}
  Push "${why}"
  Call ${UN}Say
  Quit
!macroend

; The same functions for the setup and for the removal.
!macro Functions

Function ${UN}Say
  Pop $0
  ${If} ${Silent}
    System::Call 'kernel32::AttachConsole(i -1)'
    System::Call 'kernel32::GetStdHandle(i -11) p .r1'
    FileWrite $1 "$0$\r$\n"
  ${Else}
    MessageBox MB_OK|MB_ICONEXCLAMATION "$0"
  ${EndIf}
FunctionEnd

; Windows lets nobody write to a program that runs.
Function ${UN}EndWhileItRuns
  IfFileExists "$INSTDIR\program\callrec.exe" 0 free
  again:
  ClearErrors
  FileOpen $0 "$INSTDIR\program\callrec.exe" a
  IfErrors 0 close
  MessageBox MB_RETRYCANCEL|MB_ICONEXCLAMATION "callrec is running. Close the desk and every terminal in which it runs, and end \
its tasks (docs\manual\windows.md). Then try again." /SD IDCANCEL IDRETRY again
  !insertmacro End ${RUNS} "callrec is running, so nothing was changed. Close the desk and every terminal in which it runs, end its \
tasks, and start this again."
  close:
  FileClose $0
  free:
FunctionEnd

; Deletes what a setup laid into the folder $R0: files, then folders that are empty by then. What else is there stays.
Function ${UN}Clear
  ClearErrors
  FileOpen $0 "$R0\files.txt" r
  IfErrors done
  next:
    ClearErrors
    FileRead $0 $1
    IfErrors end
    StrCpy $1 $1 -2
    StrCpy $2 $1 1 -1
    ${If} $2 == "\"
      RMDir "$R0\$1"
    ${Else}
      Delete "$R0\$1"
    ${EndIf}
    Goto next
  end:
  FileClose $0
  Delete "$R0\files.txt"
  RMDir "$R0"
  done:
FunctionEnd

; The machine's Path with the folder (1 on the stack), or without it (0). It may be longer than a string of this
; program, which would cut it off: so it stays in memory of its own, and Windows' functions do the work.
Function ${UN}OnPath
  Exch $9
  StrCpy $R1 ";$INSTDIR\program"
  StrLen $R2 $R1
  System::Call 'advapi32::RegOpenKeyExW(p 0x80000002, w "${ENVIRONMENT}", i 0, i 0x2001f, *p .r1) i .r0'
  ${If} $0 == 0
    System::Call 'advapi32::RegQueryValueExW(p r1, w "Path", p 0, *i .r2, p 0, *i .r3) i .r0'
    ${If} $0 == 0
      IntOp $4 $3 + 2100 ; this folder, three separators, and an end
      System::Call 'kernel32::LocalAlloc(i 0x40, p r4) p .r5'
      System::Call 'kernel32::lstrcpyW(p r5, w ";")'
      IntPtrOp $6 $5 + 2
      System::Call 'advapi32::RegQueryValueExW(p r1, w "Path", p 0, p 0, p r6, *i r3) i .r0'
      ${If} $0 == 0
        System::Call 'kernel32::lstrcatW(p r5, w ";")'
        System::Call 'shlwapi::StrStrIW(p r5, w "$R1;") p .r7'
        ${If} $7 == 0
        ${AndIf} $9 == 1
          System::Call 'kernel32::lstrlenW(p r5) i .r8'
          IntOp $8 $8 * 2
          IntPtrOp $8 $5 + $8
          IntPtrOp $8 $8 - 4 ; the last character before the separator
          System::Call '*$8(&i2 .r0)'
          ${If} $0 == 59 ; a separator
            IntPtrOp $8 $8 - 2
          ${EndIf}
          IntPtrOp $8 $8 + 2
          System::Call 'kernel32::lstrcpyW(p r8, w "$R1")'
        ${ElseIf} $7 != 0
        ${AndIf} $9 == 0
          IntOp $8 $R2 * 2
          IntPtrOp $8 $7 + $8
          System::Call 'kernel32::lstrlenW(p r8) i .r0'
          IntOp $0 $0 * 2
          IntOp $0 $0 + 2
          System::Call 'ntdll::RtlMoveMemory(p r7, p r8, p r0)'
          System::Call 'kernel32::lstrlenW(p r5) i .r8'
          IntOp $8 $8 * 2
          IntPtrOp $8 $5 + $8
          IntPtrOp $8 $8 - 2
          System::Call '*$8(&i2 0)' ; without the separator at its end
        ${Else}
          StrCpy $6 0 ; it is so already
        ${EndIf}
        ${If} $6 != 0
          System::Call 'kernel32::lstrlenW(p r6) i .r3'
          IntOp $3 $3 * 2
          IntOp $3 $3 + 2
          System::Call 'advapi32::RegSetValueExW(p r1, w "Path", i 0, i r2, p r6, i r3)'
        ${EndIf}
      ${EndIf}
      System::Call 'kernel32::LocalFree(p r5)'
    ${EndIf}
    System::Call 'advapi32::RegCloseKey(p r1)'
  ${EndIf}
  SendMessage ${HWND_BROADCAST} ${WM_SETTINGCHANGE} 0 "STR:Environment" /TIMEOUT=5000
  Pop $9
FunctionEnd

!macroend

!define UN ""
!insertmacro Functions
!undef UN
!define UN "un."
!insertmacro Functions
!undef UN

!define UN ""

Function .onInit
  SetRegView 64
  SetShellVarContext all
FunctionEnd

Section
  Call EndWhileItRuns

  ; What an update left that was cut off. What is in the way and not ours stays, and is said.
  StrCpy $R0 "$INSTDIR\new"
  Call Clear
  StrCpy $R0 "$INSTDIR\old"
  Call Clear
  ${If} ${FileExists} "$INSTDIR\new\*.*"
  ${OrIf} ${FileExists} "$INSTDIR\old\*.*"
    !insertmacro End ${FOREIGN} "In $INSTDIR, the folder new or old holds files that are not callrec's. Move them elsewhere, and start this again."
  ${EndIf}
  ${If} ${FileExists} "$INSTDIR\program\*.*"
  ${AndIfNot} ${FileExists} "$INSTDIR\program\files.txt"
    !insertmacro End ${FOREIGN} "$INSTDIR\program is not callrec's. Move it elsewhere, and start this again."
  ${EndIf}

  ; Beside the old ones, so that an update is done whole or not at all.
  ClearErrors
  SetOverwrite try
  !include "${FILES}"
  SetOutPath "$INSTDIR"
  WriteUninstaller "$INSTDIR\uninstall-new.exe"
  ${If} ${Errors}
    StrCpy $R0 "$INSTDIR\new"
    Call Clear
    Delete "$INSTDIR\uninstall-new.exe"
    RMDir "$INSTDIR"
    !insertmacro End ${UNWRITTEN} "Not all of callrec could be written to $INSTDIR, so nothing was changed. Is the disk full?"
  ${EndIf}
  SetOutPath "$TEMP" ; or we would be in a folder that is to be renamed
  ${If} ${FileExists} "$INSTDIR\program\files.txt"
    ClearErrors
    Rename "$INSTDIR\program" "$INSTDIR\old"
    ${If} ${Errors}
      StrCpy $R0 "$INSTDIR\new"
      Call Clear
      Delete "$INSTDIR\uninstall-new.exe"
      !insertmacro End ${RUNS} "A file of callrec is in use, so nothing was changed. Close what uses it, and start this again."
    ${EndIf}
  ${EndIf}
  ClearErrors
  Rename "$INSTDIR\new" "$INSTDIR\program"
  ${If} ${Errors}
    Rename "$INSTDIR\old" "$INSTDIR\program"
    StrCpy $R0 "$INSTDIR\new"
    Call Clear
    Delete "$INSTDIR\uninstall-new.exe"
    !insertmacro End ${UNWRITTEN} "The new files could not be put in place, so nothing was changed. Start this again."
  ${EndIf}
  Delete "$INSTDIR\uninstall.exe"
  Rename "$INSTDIR\uninstall-new.exe" "$INSTDIR\uninstall.exe"
  StrCpy $R0 "$INSTDIR\old"
  Call Clear

  Push 1
  Call OnPath
  CreateShortcut "$SMPROGRAMS\callrec desk.lnk" "$INSTDIR\program\callrec.exe" "desk" "" 0 SW_SHOWNORMAL "" "callrec in your browser"

  WriteRegStr HKLM "${ENTRY}" DisplayName "callrec"
  WriteRegStr HKLM "${ENTRY}" DisplayVersion "${VERSION}"
  WriteRegStr HKLM "${ENTRY}" Publisher "the callrec authors"
  WriteRegStr HKLM "${ENTRY}" InstallLocation "$INSTDIR"
  WriteRegStr HKLM "${ENTRY}" DisplayIcon "$INSTDIR\program\callrec.exe"
  WriteRegStr HKLM "${ENTRY}" UninstallString '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKLM "${ENTRY}" QuietUninstallString '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKLM "${ENTRY}" EstimatedSize ${MEASURE}
  WriteRegDWORD HKLM "${ENTRY}" NoModify 1
  WriteRegDWORD HKLM "${ENTRY}" NoRepair 1
SectionEnd

!undef UN
!define UN "un."

Function un.onInit
  SetRegView 64
  SetShellVarContext all
FunctionEnd

Section Uninstall
  Call un.EndWhileItRuns
  Push 0
  Call un.OnPath
  Delete "$SMPROGRAMS\callrec desk.lnk"
  DeleteRegKey HKLM "${ENTRY}"
  StrCpy $R0 "$INSTDIR\new"
  Call un.Clear
  StrCpy $R0 "$INSTDIR\old"
  Call un.Clear
  StrCpy $R0 "$INSTDIR\program"
  Call un.Clear
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
SectionEnd
